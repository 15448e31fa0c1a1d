package text

import (
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/internal/model"
)

// findHeader looks for a goroutine's first line anywhere in a line, and gives
// the prefix before it.
//
//	goroutine 18 gp=0xc0001 m=nil [chan receive, 3 minutes, locked to thread]:
//	goroutine 7 [select] {"request": "GET /", user: 5}:
func findHeader(line string) (before string, g Goroutine, ok bool) {
	const word = "goroutine "
	for at := 0; ; {
		i := strings.Index(line[at:], word)
		if i < 0 {
			return "", Goroutine{}, false
		}
		i += at
		if endsWord(line[:i]) {
			if g, ok := parseHeader(line[i+len(word):]); ok {
				return line[:i], g, true
			}
		}
		at = i + len(word)
	}
}

// parseHeader parses what follows the word goroutine.
func parseHeader(s string) (Goroutine, bool) {
	s = strings.TrimRight(s, " \t\r")
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	id, err := strconv.ParseUint(s[:n], 10, 64)
	if err != nil {
		return Goroutine{}, false
	}
	s = s[n:]
	for _, key := range []string{" gp=", " m=", " mp="} {
		if rest, ok := strings.CutPrefix(s, key); ok {
			s = strings.TrimLeft(rest, "0123456789abcdefxnil")
		}
	}
	s, ok := strings.CutPrefix(s, " [")
	if !ok {
		return Goroutine{}, false
	}
	state, rest, ok := strings.Cut(s, "]")
	if !ok {
		return Goroutine{}, false
	}
	g := Goroutine{ID: model.GoID(id)}
	if labels, ok := strings.CutPrefix(rest, " {"); ok {
		if g.Labels, rest, ok = parseLabels(labels); !ok {
			return Goroutine{}, false
		}
	}
	if rest != ":" {
		return Goroutine{}, false
	}
	g.parseState(state)
	return g, true
}

// parseState takes the bracketed text apart.
func (g *Goroutine) parseState(s string) {
	for i, part := range strings.Split(s, ", ") {
		if i == 0 {
			part = strings.TrimSuffix(part, " (scan)")
			if rest, ok := strings.CutSuffix(part, " (leaked)"); ok {
				g.Leaked, part = true, rest
			}
			g.State = strings.TrimSuffix(part, " (scan)")
			continue
		}
		if n, ok := strings.CutSuffix(part, " minutes"); ok {
			if m, err := strconv.ParseInt(n, 10, 32); err == nil && m > 0 {
				g.Minutes = m
			}
		}
		if part == "locked to thread" {
			g.Locked = true
		}
	}
}

// parseLabels parses `key: value, "key 2": "value"}` up to its brace. The
// runtime quotes what has other than letters, digits and ./_ in it.
func parseLabels(s string) (labels []model.KV, rest string, ok bool) {
	for {
		var kv model.KV
		if kv.Key, s, ok = labelWord(s); !ok {
			return nil, "", false
		}
		if s, ok = strings.CutPrefix(s, ": "); !ok {
			return nil, "", false
		}
		if kv.Value, s, ok = labelWord(s); !ok {
			return nil, "", false
		}
		labels = append(labels, kv)
		if rest, ok := strings.CutPrefix(s, "}"); ok {
			return labels, rest, true
		}
		if s, ok = strings.CutPrefix(s, ", "); !ok {
			return nil, "", false
		}
	}
}

// labelWord takes one key or value off s, unquoted.
func labelWord(s string) (word, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", false
		}
		word, err = strconv.Unquote(quoted)
		return word, s[len(quoted):], err == nil
	}
	n := strings.IndexAny(s, ":,}")
	if n < 0 {
		return "", "", false
	}
	return s[:n], s[n:], true
}
