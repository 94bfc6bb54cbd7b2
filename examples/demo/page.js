for (const section of document.querySelectorAll('section')) start(section)

function start(section) {
  const { path } = section.dataset
  const form = section.querySelector('form')
  form.after(document.querySelector('#result').content.cloneNode(true))
  const [output, state, button, stored, examples] = [
    '.output',
    '.state',
    'flag-button',
    '.stored',
    'flag-examples',
  ].map((selector) => section.querySelector(selector))
  for (const element of [button, examples]) element.setAttribute('path', `${path}/flag`)

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    state.textContent = 'Working ...'
    stored.textContent = ''
    button.interaction = null
    try {
      const response = await fetch(form.action, { method: 'POST', body: await bodyOf(form) })
      // A stream may be flagged while it runs: the button waits for its end.
      button.interaction = response
      await show(output, response)
      state.textContent = ''
    } catch {
      state.textContent = 'The server does not answer.'
    }
  })
  form.im?.addEventListener('change', () => {
    const [file] = form.im.files
    form.querySelector('img').src = file ? URL.createObjectURL(file) : '/picture.png'
  })
  button.addEventListener('flag', ({ detail: { count } }) => {
    const samples = count === 1 ? '1 sample' : `${count} samples`
    stored.textContent = `flagged${path}/logs.csv has ${samples}.`
    void examples.refresh()
  })
  examples.addEventListener('example', ({ detail }) => detail.fill(form))
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

/** Shows an answer: a picture, a number, the scores of labels, words as they come, or an error. */
async function show(output, response) {
  const type = response.headers.get('Content-Type') ?? ''
  if (type.startsWith('text/event-stream')) {
    const text = make('p', '')
    output.replaceChildren(text)
    for await (const word of wordsOf(response)) text.textContent += word
    return
  }
  output.replaceChildren(
    ...(type === 'image/png' ? [await picture(response)] : await said(response)),
  )
}

async function picture(response) {
  return make('img', '', { src: URL.createObjectURL(await response.blob()), alt: 'The output' })
}

async function said(response) {
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

/** The words of a chat that streams, as OpenAI's API sends them. */
async function* wordsOf(response) {
  let rest = ''
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    const events = (rest + value).split('\n\n')
    rest = events.pop()
    for (const event of events) {
      if (event === 'data: [DONE]') return
      yield JSON.parse(event.slice('data: '.length)).choices[0].delta.content ?? ''
    }
  }
}

function make(tag, text, properties = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, properties)
}
