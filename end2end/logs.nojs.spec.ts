/** The journeys of Logs with JavaScript off. */

import { pointer } from './hands.ts';
import { journeys } from './logs.ts';

journeys({ script: false, hands: pointer });
