/** The journeys of the license of a machine with the keyboard alone. */

import { keyboard } from './hands.ts';
import { journeys } from './ve.ts';

journeys({ script: true, hands: keyboard });
