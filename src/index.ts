import { abandonLookups } from './connection.js';
import { main } from './main.js';

void main(process.env).then(() => {
  // The log is written when this is. Node.js would then free all memory, part by part, before it ends.
  process.stdout.write('', () => {
    abandonLookups();
    process.exit();
  });
});
