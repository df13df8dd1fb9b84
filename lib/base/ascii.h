/* ascii - what a byte is, in every locale.  No <ctype.h> in this suite. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

static inline unsigned char
ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static inline int
ascii_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline int
ascii_alpha(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline int
ascii_alnum(unsigned char c)
{
	return ascii_digit(c) || ascii_alpha(c);
}

static inline int
ascii_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static inline int
ascii_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline int
ascii_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* Value of a hexadecimal digit, or -1. */
static inline int
ascii_hex(unsigned char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
