package cli

import (
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// asciiWriter writes as escapes what is not ASCII: \u00e9.
type asciiWriter struct {
	w    io.Writer
	left []byte // the beginning of a character
}

// Write implements io.Writer.
func (a *asciiWriter) Write(p []byte) (int, error) {
	b := append(a.left, p...)
	var out []byte
	for len(b) > 0 && (utf8.FullRune(b) || len(b) >= utf8.UTFMax) {
		r, n := utf8.DecodeRune(b)
		switch {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r == utf8.RuneError && n == 1:
			out = fmt.Appendf(out, `\x%02x`, b[0])
		case r > 0xffff:
			out = fmt.Appendf(out, `\U%08x`, r)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[n:]
	}
	a.left = append([]byte(nil), b...)
	if _, err := a.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// asciiJSON writes as escapes what is not ASCII in JSON.
type asciiJSON struct{ w io.Writer }

// Write implements io.Writer. Characters are not cut: encoders write strings whole.
func (a asciiJSON) Write(p []byte) (int, error) {
	var out []byte
	for _, r := range string(p) {
		switch {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	if _, err := a.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
