/** The journeys of the license of a machine without JavaScript. */

import { pointer } from './hands.ts';
import { journeys } from './ve.ts';

journeys({ script: false, hands: pointer });
