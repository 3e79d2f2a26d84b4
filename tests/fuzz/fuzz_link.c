/* SPDX-License-Identifier: MIT
 * Whatever a worker sends is decoded within the limits of worker.proto or refused with a reason. */
#include "dispatch/codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    Parley__Worker__ToServer *m = codec_unpack(data, size, &why);
    if (m == NULL && why == NULL)
        abort();
    codec_free(m);
    return 0;
}
