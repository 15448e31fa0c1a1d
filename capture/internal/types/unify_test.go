package types

import (
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// TestOneTypeForBothSources gives the same Type whether it is reached through
// its DIE or through its descriptor, with the name that DWARF has.
func TestOneTypeForBothSources(t *testing.T) {
	eachToolchain(t, func(t *testing.T, p *program) {
		ts, _ := begin(t, p, indexed{p})
		local := 0
		for off, die := range p.rtypes {
			a, err := ts.FromRType(p.mod.Types + off)
			if err != nil {
				t.Fatal(err)
			}
			b, err := ts.FromDWARF(die)
			if err != nil || a != b {
				t.Fatalf("%s and %v: %v", a.Name(), b, err)
			}
			if a.RType() != p.mod.Types+off {
				t.Errorf("%s: descriptor %#x", a.Name(), a.RType())
			}
			if strings.HasPrefix(a.Name(), "main.Loc·") {
				local++
			}
		}
		if local < 1 {
			t.Error("local types of one name are not told apart")
		}
	})
}

// TestEmit gives out each type once, whole where values of it are kept, and
// leaves no type without a record that another names.
func TestEmit(t *testing.T) {
	p := build(t, "")
	ts, emitted := begin(t, p, indexed{p})
	typ, err := ts.FromDWARF(p.names["net/http.Request"])
	if err != nil {
		t.Fatal(err)
	}
	for capture := range 2 {
		*emitted = nil
		if capture > 0 {
			ts.Begin(p, func(r *model.Type) { *emitted = append(*emitted, r) })
		}
		typ.Emit()
		typ.Emit()
		whole := len(*emitted)
		ts.Finish()
		have := map[model.TypeID]*model.Type{}
		for _, r := range *emitted {
			if have[r.ID] != nil {
				t.Errorf("%s emitted twice", r.Name)
			}
			have[r.ID] = r
			if err := model.Check(r); err != nil {
				t.Error(err)
			}
		}
		for _, r := range *emitted {
			for _, f := range r.Fields {
				if have[f.Type] == nil || have[f.Type].Flags&model.TypeIncomplete != 0 {
					t.Errorf("%s.%s: no whole record of its type", r.Name, f.Name)
				}
			}
			if r.Elem != 0 && have[r.Elem] == nil || r.Key != 0 && have[r.Key] == nil {
				t.Errorf("%s: no record of its elements", r.Name)
			}
		}
		if have[typ.ID()].Name != "net/http.Request" || len(have[typ.ID()].Fields) < 20 || whole > 100 {
			t.Errorf("%d whole types, request has %d fields", whole, len(have[typ.ID()].Fields))
		}
	}
}

// TestScan lists the places of a value that refer to other memory.
func TestScan(t *testing.T) {
	p := build(t, "")
	ts, _ := begin(t, p, p)
	for name, want := range map[string]string{
		"main.E":            "0:*net/http.Request 24:main.F ",
		"bytes.Buffer":      "0:[]uint8 ",
		"runtime.hchan":     "32:*runtime.timer 40:*internal/abi.Type 64:*runtime.sudog 72:*runtime.sudog 80:*runtime.sudog 88:*runtime.sudog 96:*runtime.synctestBubble ",
		"internal/abi.ITab": "0:*internal/abi.InterfaceType 8:*internal/abi.Type ",
		"int":               "",
	} {
		typ, err := ts.FromDWARF(p.names[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := typ.Scan().String(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestConsts names the values of integer types by the constants of their own package.
func TestConsts(t *testing.T) {
	p := build(t, "")
	ts, _ := begin(t, p, indexed{p})
	for name, want := range map[string][]model.Const{
		"main.Color":    {{Name: "main.Red", Value: 1}, {Name: "main.Green", Value: 2}},
		"int":           nil,
		"time.Duration": {{Name: "time.Nanosecond", Value: 1}, {Name: "time.Microsecond", Value: 1000}},
	} {
		typ, err := ts.FromDWARF(p.names[name])
		if err != nil {
			t.Fatal(err)
		}
		have := map[model.Const]bool{}
		for _, c := range typ.record().Consts {
			have[c] = true
		}
		for _, c := range want {
			if !have[c] {
				t.Errorf("%s: no %+v in %+v", name, c, typ.record().Consts)
			}
		}
		if want == nil && len(have) > 0 {
			t.Errorf("%s: %v", name, have)
		}
	}
}
