/** Many wishes, few runs. */

/**
 * A function that runs *run*, one at a time; wishes that come while it runs make one more run.
 *
 * @param {() => Promise<void>} run
 * @returns {() => Promise<void>} resolves once a run that began after the wish is over
 */
export function coalesced(run) {
  let running = null;
  let again = false;
  async function untilCurrent() {
    do {
      again = false;
      await run();
    } while (again);
  }
  return () => {
    again = true;
    running ??= untilCurrent().finally(() => {
      running = null;
    });
    return running;
  };
}
