for (const section of document.querySelectorAll('section')) void start(section)

async function start(section) {
  const { path } = section.dataset
  const form = section.querySelector('form')
  form.after(document.querySelector('#result').content.cloneNode(true))
  const [output, flags, state] = ['.output', '.flags', '.state'].map((selector) =>
    section.querySelector(selector),
  )
  let id

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    state.textContent = 'Working ...'
    id = undefined
    showFlags(flags, true)
    try {
      const response = await fetch(form.action, { method: 'POST', body: await bodyOf(form) })
      id = response.headers.get('Flagging-Id')
      output.replaceChildren(...(await shown(response)))
      showFlags(flags, !id)
      state.textContent = id ? 'Not flagged.' : ''
    } catch {
      state.textContent = 'The server does not answer.'
    }
  })
  form.im?.addEventListener('change', () => {
    const [file] = form.im.files
    form.querySelector('img').src = file ? URL.createObjectURL(file) : '/picture.png'
  })

  const { options } = await (await fetch(`${path}/flag`)).json()
  flags.replaceChildren(
    ...options.map(({ label, value }) => {
      const button = make('button', label, { type: 'button' })
      button.addEventListener('click', () => flag(button, value))
      return button
    }),
  )
  showFlags(flags, true)
  state.textContent = 'Run it, then flag what came out.'
  await showExamples(path, form)

  async function flag(button, option) {
    state.textContent = 'Flagging ...'
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify({ id, option })
    try {
      const response = await fetch(`${path}/flag`, { method: 'POST', headers, body })
      const { count, detail } = await response.json()
      if (!response.ok) throw new Error(detail)
      const samples = count === 1 ? '1 sample' : `${count} samples`
      state.textContent = `Flagged: flagged${path}/logs.csv has ${samples}.`
      button.setAttribute('aria-pressed', 'true')
      await showExamples(path, form)
    } catch (error) {
      state.textContent = `Not flagged. ${error.message}`
    }
  }
}

function showFlags(flags, disabled) {
  for (const button of flags.children) {
    button.disabled = disabled
    button.setAttribute('aria-pressed', 'false')
  }
}

/** What a form sends: the picture of the page where none was chosen. */
async function bodyOf(form) {
  const data = new FormData(form)
  if (!form.im) return new URLSearchParams(data)
  if (form.im.files.length === 0) {
    data.set('im', await (await fetch('/picture.png')).blob(), 'picture.png')
  }
  return data
}

/** What an answer looks like: a picture, a number, the scores of labels, or an error. */
async function shown(response) {
  if (response.headers.get('Content-Type') === 'image/png') {
    return [make('img', '', { src: URL.createObjectURL(await response.blob()), alt: 'The output' })]
  }
  const answer = await response.json()
  if (answer.error) return [make('p', answer.error, { className: 'problem' })]
  if ('Output' in answer) return [make('p', String(answer.Output), { className: 'number' })]
  return Object.entries(answer).map(([name, score]) => {
    const row = make('label', '', { className: 'score' })
    const percent = `${Math.round(score * 100)} %`
    row.append(make('span', name), make('meter', '', { value: score }), make('span', percent))
    return row
  })
}

/** Offers what was flagged before, where the page has a place for it. */
async function showExamples(path, form) {
  const place = form.querySelector('.examples')
  if (!place) return
  const { examples } = await (await fetch(`${path}/flag/examples?limit=200`)).json()
  const different = new Map(examples.map((inputs) => [Object.values(inputs).join(' '), inputs]))
  const buttons = [...different].slice(-6).map(([text, inputs]) => {
    const button = make('button', text, { type: 'button' })
    button.addEventListener('click', () => {
      for (const [name, value] of Object.entries(inputs)) form.elements[name].value = value
    })
    return button
  })
  place.hidden = buttons.length === 0
  place.querySelector('div').replaceChildren(...buttons)
}

function make(tag, text, properties = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, properties)
}
