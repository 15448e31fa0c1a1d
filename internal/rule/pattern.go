package rule

import (
	"strconv"
	"strings"
)

// Pattern says which functions are meant: by name, by package, or with
// wildcards in either.
type Pattern struct {
	text  string // as written, without type arguments
	stars int    // wildcards
	parts []literal
}

// literal is a text of a pattern and what comes behind it.
type literal struct {
	text string
	then wildcard
}

type wildcard uint8

const (
	none   wildcard = iota
	within          // *: anything but a slash
	across          // ...: anything
)

const (
	maxPattern = 512
	maxStars   = 8
)

// NewPattern reads a pattern, and says what is bad about it.
func NewPattern(word string) (p Pattern, bad string) {
	if len(word) > maxPattern {
		return p, "the pattern is longer than " + strconv.Itoa(maxPattern) + " bytes"
	}
	text, ok := plain(word)
	if !ok || text == "" {
		return p, "the brackets of the pattern " + strconv.Quote(word) + " do not match"
	}
	p.text = unescaped(text)
	start := 0
	for i := 0; i < len(p.text); {
		w, n := wildcardAt(p.text, i)
		if w == none {
			i++
			continue
		}
		if p.stars > 0 && i == start {
			return p, "two wildcards in a row"
		}
		if p.stars++; p.stars > maxStars {
			return p, "more than " + strconv.Itoa(maxStars) + " wildcards"
		}
		p.parts = append(p.parts, literal{p.text[start:i], w})
		i += n
		start = i
	}
	p.parts = append(p.parts, literal{p.text[start:], none})
	return p, ""
}

// wildcardAt reads the wildcard at s[i:]. The star of (*T) is none.
func wildcardAt(s string, i int) (w wildcard, n int) {
	switch {
	case s[i] == '*' && (i == 0 || s[i-1] != '('):
		return within, 1
	case strings.HasPrefix(s[i:], "..."):
		return across, 3
	}
	return none, 0
}

// String gives the pattern without type arguments.
func (p *Pattern) String() string { return p.text }

// Exact reports whether the pattern has no wildcard.
func (p *Pattern) Exact() bool { return p.stars == 0 }

// Match reports whether the function, or its package as a whole, is meant.
func (p *Pattern) Match(n Name) bool {
	if n.text == "" || len(p.parts) == 0 {
		return false
	}
	return p.match(n.text) || n.pkg > 0 && p.match(n.text[:n.pkg])
}

// Cost bounds the steps that a match with a name takes.
func (p *Pattern) Cost(n Name) int64 {
	if p.stars == 0 || !strings.HasPrefix(n.text, p.parts[0].text) {
		return 1
	}
	return int64(1 + p.stars*len(n.text))
}

// match compares the pattern with all of s: part by part it keeps the places
// at which what comes next may begin.
func (p *Pattern) match(s string) bool {
	if below, ok := strings.CutSuffix(p.text, "/..."); ok && p.stars == 1 && s == below {
		return true // as for the go command, x/... is x too
	}
	first := p.parts[0]
	if !strings.HasPrefix(s, first.text) {
		return false
	}
	if p.stars == 0 {
		return s == first.text
	}
	places := make([]bool, len(s)+1)
	places[len(first.text)] = true
	then := first.then
	for _, part := range p.parts[1:] {
		spread(places, s, then)
		next := make([]bool, len(s)+1)
		for i, ok := range places {
			if ok && strings.HasPrefix(s[i:], part.text) {
				next[i+len(part.text)] = true
			}
		}
		places, then = next, part.then
	}
	return places[len(s)]
}

// spread adds the places to which a wildcard leads.
func spread(places []bool, s string, w wildcard) {
	open := false
	for i := range places {
		open = open || places[i]
		places[i] = open
		if w == within && i < len(s) && s[i] == '/' {
			open = false
		}
	}
}
