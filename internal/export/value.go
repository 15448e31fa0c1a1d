package export

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// Value is a variable, or a part of one. The text form has variables on one
// line each, with Name, Value, Stale and Shadowed alone.
type Value struct {
	Name     string  `json:"name,omitempty"` // of a variable or a field of a struct
	Key      *Value  `json:"key,omitempty"`  // of an entry of a map
	Type     string  `json:"type,omitempty"`
	Kind     string  `json:"kind,omitempty"`
	Value    string  `json:"value,omitempty"`    // as print shows it; of what has children only in variables
	Stale    bool    `json:"stale,omitempty"`    // the value may be out of date
	Shadowed bool    `json:"shadowed,omitempty"` // an inner variable has the same name
	Absent   string  `json:"absent,omitempty"`   // why there is no value
	Short    string  `json:"short,omitempty"`    // why a part of it is missing
	Address  Address `json:"address,omitempty"`  // where it lay; not of what was in registers
	Pointer  Address `json:"pointer,omitempty"`  // where it leads
	Len      *int64  `json:"len,omitempty"`
	Cap      *int64  `json:"cap,omitempty"`
	Children []Value `json:"children,omitempty"` // fields; elements from the first on; entries; what a pointer or interface leads to
	More     int64   `json:"more,omitempty"`     // children that are left out
}

// Address is written like 0xc000012080: not all readers of JSON keep 64 bits of a number.
type Address uint64

// MarshalText implements encoding.TextMarshaler.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// String writes the address with 0x.
func (a Address) String() string { return "0x" + strconv.FormatUint(uint64(a), 16) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 0, 64)
	if err != nil {
		return fmt.Errorf("address %q: %w", text, err)
	}
	*a = Address(n)
	return nil
}

// maxParts bounds the parts of one variable.
const maxParts = 4096

// room is how many bytes may still be made of a goroutine, about.
type room int

// variables exports those of a frame. omitted is how many do not fit.
func (x *Exporter) variables(list []dump.Variable, left *room) (out []Value, omitted int) {
	for i, v := range list {
		if i == maxVariables || *left < 0 {
			*left -= room(40 * (len(list) - i)) // those that are left out take time
			return out, len(list) - i
		}
		take := x.reading.Parts
		if x.o.Lines {
			take = x.reading.Text
		}
		parts, stale := take(v, x.o.Values, maxParts)
		e := left.value(parts)
		e.Stale, e.Shadowed = stale, v.Shadowed()
		out = append(out, e)
	}
	return out, 0
}

// value takes over a value with as many of its children as there is room for.
func (left *room) value(p restore.Parts) Value {
	v := Value{
		Name: p.Name, Type: p.Type, Value: p.Text, Absent: p.Absent, Short: p.Short,
		Address: Address(p.Addr), Pointer: Address(p.Pointer), Len: length(p.Len), Cap: length(p.Cap), More: p.More,
	}
	if p.Kind != dump.KindInvalid {
		v.Kind = p.Kind.String()
	}
	const names = 250 // what JSON writes around the fields, indented
	*left -= room(names + len(v.Name) + len(v.Type) + len(v.Value) + len(v.Absent) + len(v.Short))
	if p.Key != nil {
		key := left.value(*p.Key)
		v.Key = &key
	}
	for i, child := range p.Children {
		if *left < 0 {
			v.More += int64(len(p.Children) - i)
			break
		}
		v.Children = append(v.Children, left.value(child))
	}
	return v
}

func length(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

// line writes a variable as locals does.
func (v *Value) line() string {
	name, value := v.Name, v.Value
	if v.Shadowed {
		name = "(" + name + ")"
	}
	if v.Stale {
		value += " " + restore.StaleMark
	}
	return name + " = " + value
}

// appendLine reads what line writes.
func appendLine(list []Value, text string) ([]Value, error) {
	var v Value
	var ok bool
	if v.Name, v.Value, ok = strings.Cut(text, " = "); !ok {
		return list, fmt.Errorf("%q is no variable: NAME = VALUE", text)
	}
	if inner, ok := strings.CutPrefix(v.Name, "("); ok && strings.HasSuffix(inner, ")") {
		v.Name, v.Shadowed = strings.TrimSuffix(inner, ")"), true
	}
	v.Value, v.Stale = strings.CutSuffix(v.Value, " "+restore.StaleMark)
	return append(list, v), nil
}
