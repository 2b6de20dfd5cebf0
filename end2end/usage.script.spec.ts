/** The journeys of Usage and Clients with script. */

import { pointer } from './hands.ts';
import { journeys } from './usage.ts';

journeys({ script: true, hands: pointer });
