package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Writer writes stacks goroutine by goroutine.
type Writer interface {
	Begin(head *Stacks) error // its goroutines are left aside
	Add(g *Goroutine) error
	End(omitted int) error // so many goroutines are left out
}

// Write writes all of s.
func Write(w Writer, s *Stacks) error {
	if err := w.Begin(s); err != nil {
		return err
	}
	for _, g := range s.Goroutines {
		if err := w.Add(g); err != nil {
			return err
		}
	}
	return w.End(s.Omitted)
}

// jsonWriter writes the JSON document of [Stacks], a goroutine a line.
type jsonWriter struct {
	w io.Writer
	n int // goroutines
}

// NewJSON writes JSON.
func NewJSON(w io.Writer) Writer { return &jsonWriter{w: w} }

// Begin implements Writer.
func (j *jsonWriter) Begin(head *Stacks) error {
	h := *head
	h.Goroutines, h.Omitted = []*Goroutine{}, 0
	text, err := encode(h, "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(j.w, strings.TrimSuffix(text, "]\n}"))
	return err
}

// Add implements Writer.
func (j *jsonWriter) Add(g *Goroutine) error {
	text, err := encode(g, "")
	if err != nil {
		return err
	}
	lead := ",\n    "
	if j.n++; j.n == 1 {
		lead = "\n    "
	}
	_, err = io.WriteString(j.w, lead+text)
	return err
}

// End implements Writer.
func (j *jsonWriter) End(omitted int) error {
	end := "]"
	if j.n > 0 {
		end = "\n  ]"
	}
	if omitted != 0 {
		end += ",\n  \"omitted_goroutines\": " + strconv.Itoa(omitted)
	}
	_, err := io.WriteString(j.w, end+"\n}\n")
	return err
}

func encode(v any, indent string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// ReadJSON reads what NewJSON has written.
func ReadJSON(r io.Reader) (*Stacks, error) {
	s := &Stacks{}
	d := json.NewDecoder(r)
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("stacks: %w", err)
	}
	if s.Format != format {
		return nil, fmt.Errorf("stacks: form %d is not known", s.Format)
	}
	for _, g := range s.Goroutines {
		if g == nil {
			return nil, fmt.Errorf("stacks: a goroutine is null")
		}
		for _, f := range g.Frames {
			if f == nil {
				return nil, fmt.Errorf("stacks: goroutine %d: a frame is null", g.ID)
			}
		}
	}
	return s, nil
}
