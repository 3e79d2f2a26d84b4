/* SPDX-License-Identifier: MIT
 * Listening sockets: one a loop on the same address (SO_REUSEPORT: the kernel spreads connections).
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "config/config.h"

/* Main thread. Fills fds[n]; *port is the one in use (address->port 0 takes any free one). On
 * failure nothing stays open and err says what to do: E_EXISTS when the port is taken, else E_IO.
 */
int listener_open(const struct config_address *address, unsigned n, int *fds, uint16_t *port,
                  char *err, size_t err_len);

#endif
