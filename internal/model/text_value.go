package model

import (
	"encoding/hex"
	"strconv"
)

// How the text twin writes values (SPEC §10). All of it is printable ASCII.

// appendQuoted writes s bare when it is a plain word, else quoted as in Go.
func appendQuoted(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if !plain(s[i]) {
			return strconv.AppendQuoteToASCII(b, s)
		}
	}
	if s == "" {
		return append(b, `""`...)
	}
	return append(b, s...)
}

// plain reports whether c may stand in a bare word.
func plain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '_' || c == '.' || c == '/' || c == '-' || c == ':' || c == '*' || c == '@' || c == '+'
}

func appendHex(b, p []byte) []byte { return hex.AppendEncode(b, p) }

func appendUint(b []byte, v uint64) []byte { return strconv.AppendUint(b, v, 10) }

func appendInt(b []byte, v int64) []byte { return strconv.AppendInt(b, v, 10) }

func appendAddress(b []byte, v uint64) []byte {
	return strconv.AppendUint(append(b, "0x"...), v, 16)
}

// appendList writes [a b c], nothing for an empty list.
func appendList(b []byte, n int, one func(b []byte, i int) []byte) []byte {
	if n == 0 {
		return b
	}
	b = append(b, '[')
	for i := range n {
		if i > 0 {
			b = append(b, ' ')
		}
		b = one(b, i)
	}
	return append(b, ']')
}
