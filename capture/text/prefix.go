package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// prefix is what a logger put before each line, with its numbers left open: a
// timestamp changes from line to line, and what stands around it does not.
type prefix []prefixToken

type prefixToken struct {
	kind byte   // 'd' a run of digits, 's' white space of any length, 't' this text, 'e' the white space at the end
	text string // for 't' and 'e'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// newPrefix learns a prefix from one example.
func newPrefix(s string) prefix {
	var p prefix
	for len(s) > 0 {
		n := 1
		switch {
		case isDigit(s[0]):
			for n < len(s) && isDigit(s[n]) {
				n++
			}
			p = append(p, prefixToken{kind: 'd'})
		case isSpace(s[0]):
			for n < len(s) && isSpace(s[n]) {
				n++
			}
			kind := byte('s')
			if n == len(s) {
				kind = 'e'
			}
			p = append(p, prefixToken{kind, s[:n]})
		default:
			for n < len(s) && !isDigit(s[n]) && !isSpace(s[n]) {
				n++
			}
			p = append(p, prefixToken{kind: 't', text: s[:n]})
		}
		s = s[n:]
	}
	return p
}

// strip takes the prefix off a line, and reports whether the line has it.
func (p prefix) strip(line string) (string, bool) {
	for _, t := range p {
		n := 0
		switch t.kind {
		case 'd':
			for n < len(line) && isDigit(line[n]) {
				n++
			}
			if n == 0 {
				return "", false
			}
		case 's':
			for n < len(line) && isSpace(line[n]) {
				n++
			}
		case 'e': // what exceeds the example is the line's own indentation
			for n < len(line) && n < len(t.text) && line[n] == t.text[n] {
				n++
			}
		default:
			if !strings.HasPrefix(line, t.text) {
				return "", false
			}
			n = len(t.text)
		}
		line = line[n:]
	}
	return line, true
}

// endsWord reports whether a word may begin after s.
func endsWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n == 0 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
}
