/* crc32c - the Castagnoli checksum (RFC 3720 appendix B.4), which finds torn
 * and rotten files.  No defence against a forger.  Start with crc 0. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stdint.h>

#include "base/span.h"

uint32_t crc32c(uint32_t crc, struct span);

#endif
