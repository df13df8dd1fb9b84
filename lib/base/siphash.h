/*
 * siphash - SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that those who
 * choose what is hashed cannot steer, as long as the key is ours alone.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stdint.h>

#include "base/span.h"

enum { SIPHASH_KEY = 16 };

uint64_t siphash(const unsigned char key[SIPHASH_KEY], struct span);

#endif
