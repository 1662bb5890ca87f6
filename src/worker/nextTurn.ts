/**
 * Gives the event loop a turn, so that messages from the page arrive between two steps; resolves after
 * those that wait already. By a message and not by a timer, which would wait 4 ms each time and longer
 * in a hidden tab.
 */
export function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
