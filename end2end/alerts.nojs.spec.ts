/** The journeys of Alerts without JavaScript. */

import { pointer } from './hands.ts';
import { journeys } from './alerts.ts';

journeys({ script: false, hands: pointer });
