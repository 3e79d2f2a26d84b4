/* SPDX-License-Identifier: MIT
 * What a label means for a message. The default is to flag, never to punish. Pure function, any
 * thread. */
#ifndef CHAT_POLICY_H
#define CHAT_POLICY_H

#include "loop/msg.h"

/* "flag" when one of the labels that its analyzer raised is about harm, else "none". */
const char *policy_action(const struct label *labels, size_t n);

#endif
