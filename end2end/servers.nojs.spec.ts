/** The journeys of Servers without JavaScript. */

import { pointer } from './hands.ts';
import { journeys } from './servers.ts';

journeys({ script: false, hands: pointer });
