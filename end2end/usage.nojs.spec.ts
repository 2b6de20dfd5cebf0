/** The journeys of Usage and Clients with JavaScript off. */

import { pointer } from './hands.ts';
import { journeys } from './usage.ts';

journeys({ script: false, hands: pointer });
