/** The journeys of the exchange with script. */

import { journeys } from './exchange.ts';
import { pointer } from './hands.ts';

journeys({ script: true, hands: pointer });
