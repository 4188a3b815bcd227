import { abandonLookups } from './connection.js';
import { main } from './main.js';

void main(process.env).then(abandonLookups);
