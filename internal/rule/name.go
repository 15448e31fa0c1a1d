package rule

import "strings"

// Name is a function's name made ready for matching.
type Name struct {
	text string // without type arguments and what the compiler adds for parts of a function
	pkg  int    // bytes of it that are the package's path
}

// maxName bounds the names that can match: longer ones do not occur.
const maxName = 4096

// NewName makes a linker's symbol ready: of main.(*G[...]).M-fm it keeps main.(*G).M.
func NewName(symbol string) Name {
	if len(symbol) > maxName {
		return Name{}
	}
	text, _ := plain(symbol)
	slash := strings.LastIndexByte(text, '/') + 1
	dot := strings.IndexByte(text[slash:], '.')
	if dot < 0 {
		return Name{text, 0}
	}
	pkg := unescaped(text[:slash+dot])
	fn := withoutRange(strings.TrimSuffix(text[slash+dot:], "-fm"))
	return Name{pkg + fn, len(pkg)}
}

// plain leaves out type arguments, and tells whether brackets match.
func plain(s string) (string, bool) {
	if !strings.ContainsAny(s, "[]") {
		return s, true
	}
	out := make([]byte, 0, len(s))
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']':
			if depth--; depth < 0 {
				return s, false
			}
		case depth == 0:
			out = append(out, s[i])
		}
	}
	return string(out), depth == 0
}

// withoutRange leaves out -range1: the body of a loop over a function belongs
// to the function that it stands in.
func withoutRange(s string) string {
	const mark = "-range"
	for {
		i := strings.Index(s, mark)
		if i < 0 {
			return s
		}
		end := i + len(mark)
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		s = s[:i] + s[end:]
	}
}

// unescaped puts dots where the linker has escaped them, and leaves out the
// mark of a method value.
func unescaped(s string) string {
	return strings.ReplaceAll(strings.TrimSuffix(s, "-fm"), "%2e", ".")
}

// Is reports whether a name without wildcards means the function, or its package.
func (n Name) Is(name string) bool {
	return name == n.text || n.pkg > 0 && name == n.text[:n.pkg]
}

// Head is what the linker's symbol of a function with this name begins with, as
// far as escapes can not make a difference.
func Head(name string) string {
	slash := strings.LastIndexByte(name, '/') + 1
	if dot := strings.IndexByte(name[slash:], '.'); dot >= 0 {
		return name[:slash+dot]
	}
	return name
}

// EachName calls fn for the patterns of a text that have no wildcard.
func EachName(text string, fn func(line int, name string)) {
	for line := 1; text != "" && line <= MaxText; line++ {
		var one string
		one, text, _ = strings.Cut(text, "\n")
		words := strings.Fields(one)
		if len(words) < 2 || words[0][0] == '#' {
			continue
		}
		name, ok := plain(words[1])
		if name = unescaped(name); ok && !wild(name) {
			fn(line, name)
		}
	}
}

// wild reports whether a pattern has wildcards.
func wild(s string) bool {
	for i := range len(s) {
		if w, _ := wildcardAt(s, i); w != none {
			return true
		}
	}
	return false
}
