// The worker that the windows of a browser share.
import { makeHub, type Port, type ToHub } from './hub';

const hub = makeHub();

export type Hello = { window: string };

addEventListener('connect', (event) => {
  const [channel] = (event as MessageEvent).ports;
  if (!channel) return;
  const port: Port = hub.join((news) => channel.postMessage(news));
  channel.onmessage = ({ data }: MessageEvent<Hello | ToHub>) => {
    if ('window' in data) {
      // A window holds its lock for as long as it lives; so its end is noticed however it came.
      void navigator.locks?.request(data.window, () => hub.leave(port));
    } else {
      hub.update(port, data);
    }
  };
});
addEventListener('online', () => hub.retry());
