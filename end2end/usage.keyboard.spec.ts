/** The journeys of Usage and Clients with the keyboard alone. */

import { keyboard } from './hands.ts';
import { journeys } from './usage.ts';

journeys({ script: true, hands: keyboard });
