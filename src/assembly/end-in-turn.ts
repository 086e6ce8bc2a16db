/** Takes the steps one after the other, each whatever became of those before it. Resolves with what failed. */
export async function endInTurn(steps: readonly (() => unknown)[]): Promise<unknown[]> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  return failures
}
