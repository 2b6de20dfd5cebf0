/** The journeys of Servers with a pointer and with script. */

import { pointer } from './hands.ts';
import { journeys } from './servers.ts';

journeys({ script: true, hands: pointer });
