import { abandonLookups } from './connection.js';
import { main } from './main.js';

void main(process.env).then(() => {
  // When this is written, all of the log is. Node.js would free its memory, piece by piece, before it ends by itself.
  process.stdout.write('', () => {
    abandonLookups();
    process.exit();
  });
});
