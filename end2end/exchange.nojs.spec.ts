/** The journeys of the exchange with JavaScript off. */

import { journeys } from './exchange.ts';
import { pointer } from './hands.ts';

journeys({ script: false, hands: pointer });
