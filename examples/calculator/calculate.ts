/** The calculator of Gradio's guide. */
export function calculate(num1: number, operation: string, num2: number): number {
  if (!Number.isFinite(num1) || !Number.isFinite(num2)) throw new Error('Send two numbers.')
  switch (operation) {
    case 'add':
      return num1 + num2
    case 'subtract':
      return num1 - num2
    case 'multiply':
      return num1 * num2
    case 'divide':
      if (num2 === 0) throw new Error('Cannot divide by zero!')
      return num1 / num2
    default:
      throw new Error('The operations are add, subtract, multiply and divide.')
  }
}
