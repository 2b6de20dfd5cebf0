/** The journeys of the license of a machine with a pointer and with script. */

import { pointer } from './hands.ts';
import { journeys } from './ve.ts';

journeys({ script: true, hands: pointer });
