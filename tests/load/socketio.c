/* SPDX-License-Identifier: MIT */
/* socketio: see socketio.h.  Pure. */
#include "socketio.h"

/* The second digit of a '4' (Engine.IO: a message) is the type of the Socket.IO packet. */
static enum socketio_packet read_message(char type)
{
    switch (type) {
    case '0':
        return SOCKETIO_READY;
    case '1':
    case '4':
        return SOCKETIO_END;
    case '2':
        return SOCKETIO_EVENT;
    case '3': /* an acknowledgement: nobody here asks for one */
        return SOCKETIO_NOOP;
    }
    return SOCKETIO_BAD;
}

enum socketio_packet socketio_read(const char *text, size_t len)
{
    if (len == 0)
        return SOCKETIO_BAD;
    switch (text[0]) {
    case '0':
        return SOCKETIO_OPEN;
    case '1':
        return SOCKETIO_END;
    case '2':
        return SOCKETIO_PING;
    case '4':
        return len > 1 ? read_message(text[1]) : SOCKETIO_BAD;
    case '6':
        return SOCKETIO_NOOP;
    }
    return SOCKETIO_BAD;
}
