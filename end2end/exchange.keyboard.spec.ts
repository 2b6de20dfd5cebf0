/** The journeys of the exchange with the keyboard alone. */

import { journeys } from './exchange.ts';
import { keyboard } from './hands.ts';

journeys({ script: true, hands: keyboard });
