/* charset_table - charsets with a byte for each character. */
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/ascii.h"
#include "sys/charset_table.h"

static void key_of(struct span, char [CHARSET_KEY]);
static int  fill(iconv_t, uint16_t [256]);

/* Those of glibc; another C library has some of them.  Aliases that stand in
 * mail come first. */
static const char names[] =
    "LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 "
    "LATIN10 CYRILLIC ARABIC GREEK HEBREW CSISOLATIN2 CSISOLATIN5 "
    "CSISOLATINCYRILLIC CSISOLATINGREEK CSISOLATINHEBREW CSKOI8R "
    "WINDOWS-874 ARMSCII-8 ASMO_449 BRF CP10007 CP1125 CP1250 "
    "CP1251 CP1253 CP1254 CP1255 CP1256 CP1257 CP1258 CP737 CP770 "
    "CP771 CP772 CP773 CP774 CP775 CSN_369103 CWI DEC-MCS "
    "EBCDIC-AT-DE-A EBCDIC-AT-DE EBCDIC-CA-FR EBCDIC-DK-NO-A "
    "EBCDIC-DK-NO EBCDIC-ES-A EBCDIC-ES-S EBCDIC-ES EBCDIC-FI-SE-A "
    "EBCDIC-FI-SE EBCDIC-FR EBCDIC-IS-FRISS EBCDIC-IT EBCDIC-PT "
    "EBCDIC-UK EBCDIC-US ECMA-CYRILLIC GEORGIAN-ACADEMY "
    "GEORGIAN-PS GOST_19768-74 GREEK-CCITT GREEK7-OLD GREEK7 "
    "HP-GREEK8 HP-ROMAN8 HP-ROMAN9 HP-THAI8 HP-TURKISH8 IBM037 "
    "IBM038 IBM1004 IBM1008 IBM1025 IBM1026 IBM1046 IBM1047 "
    "IBM1097 IBM1112 IBM1122 IBM1123 IBM1124 IBM1129 IBM1130 "
    "IBM1132 IBM1133 IBM1137 IBM1140 IBM1141 IBM1142 IBM1143 "
    "IBM1144 IBM1145 IBM1146 IBM1147 IBM1148 IBM1149 IBM1153 "
    "IBM1154 IBM1155 IBM1156 IBM1157 IBM1158 IBM1160 IBM1161 "
    "IBM1162 IBM1163 IBM1164 IBM1166 IBM1167 IBM12712 IBM16804 "
    "IBM256 IBM273 IBM274 IBM275 IBM277 IBM278 IBM280 IBM281 "
    "IBM284 IBM285 IBM290 IBM297 IBM420 IBM423 IBM424 IBM437 "
    "IBM4517 IBM4899 IBM4909 IBM4971 IBM500 IBM5347 IBM803 IBM850 "
    "IBM851 IBM852 IBM855 IBM856 IBM857 IBM858 IBM860 IBM861 "
    "IBM862 IBM863 IBM864 IBM865 IBM866 IBM866NAV IBM868 IBM869 "
    "IBM870 IBM871 IBM874 IBM875 IBM880 IBM891 IBM901 IBM902 "
    "IBM903 IBM9030 IBM904 IBM905 IBM9066 IBM918 IBM921 IBM922 "
    "IBM9448 IEC_P27-1 INIS-8 INIS-CYRILLIC INIS ISIRI-3342 "
    "ISO-IR-197 ISO-IR-209 ISO8859-10 ISO8859-11 ISO8859-13 "
    "ISO8859-14 ISO8859-15 ISO8859-16 ISO8859-2 ISO8859-3 "
    "ISO8859-4 ISO8859-5 ISO8859-6 ISO8859-7 ISO8859-8 ISO8859-9 "
    "ISO8859-9E ISO_10367-BOX ISO_11548-1 ISO_5427-EXT ISO_5427 "
    "ISO_5428 KOI-8 KOI8-R KOI8-RU KOI8-T KOI8-U LATIN-GREEK-1 "
    "LATIN-GREEK MAC-CENTRALEUROPE MAC-IS MAC-SAMI MAC-UK "
    "MACINTOSH MIK NATS-DANO NATS-SEFI PT154 RK1048 TCVN5712-1 "
    "TIS-620 VISCII";

unsigned
charset_table_fill(struct charset_table *t)
{
	struct span in = span_of(names), word;
	char name[CHARSET_KEY];
	unsigned n = 0;
	iconv_t cd;

	while (n < CHARSET_TABLES && span_word(&in, &word)) {
		if (span_str(word, name, sizeof name) < 0)
			continue;
		cd = iconv_open("UTF-16LE", name);
		if (cd == (iconv_t)-1)
			continue;
		key_of(word, t[n].key);
		if (fill(cd, t[n].code))
			n++;
		iconv_close(cd);
	}
	return n;
}

const struct charset_table *
charset_table_find(const struct charset_table *t, unsigned n, struct span name)
{
	char key[CHARSET_KEY];
	unsigned i;

	key_of(name, key);
	for (i = 0; i < n; i++)
		if (strcmp(t[i].key, key) == 0)
			return &t[i];
	return NULL;
}

/* Small letters and digits; IBM and windows are cp.  Empty: too long. */
static void
key_of(struct span name, char key[CHARSET_KEY])
{
	size_t i, n = 0, skip = span_case_starts(name, SPAN("windows")) ? 7 :
	    span_case_starts(name, SPAN("ibm")) ? 3 : 0;

	memset(key, 0, CHARSET_KEY);
	if (skip) {
		key[n++] = 'c';
		key[n++] = 'p';
	}
	for (i = skip; i < name.n; i++) {
		if (!ascii_alnum(name.p[i]))
			continue;
		if (n == CHARSET_KEY - 1) {
			key[0] = '\0';
			return;
		}
		key[n++] = (char)ascii_lower(name.p[i]);
	}
}

/* 1: a byte is a character, or none.  What holds a letter back, as an accent
 * may follow, gives it when it is asked. */
static int
fill(iconv_t cd, uint16_t code[256])
{
	unsigned i;

	for (i = 0; i < 256; i++) {
		unsigned char out[8];
		char byte = (char)i, *from = &byte, *to = (char *)out;
		size_t left = 1, space = sizeof out;

		code[i] = 0xfffd;
		iconv(cd, NULL, NULL, NULL, NULL);
		if (iconv(cd, &from, &left, &to, &space) == (size_t)-1) {
			if (errno != EILSEQ)
				return 0;
			continue;
		}
		iconv(cd, NULL, NULL, &to, &space);
		if (space != sizeof out - 2)
			return 0;
		code[i] = (uint16_t)(out[0] | out[1] << 8);
	}
	return 1;
}
