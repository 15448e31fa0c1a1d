package restore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/sample"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/restore"
)

// tree writes parts in lines, one a part: NAME KIND TYPE len/cap = TEXT.
func tree(p restore.Parts, indent string) string {
	var b strings.Builder
	name := p.Name
	if p.Key != nil {
		name = p.Key.Text
	}
	fmt.Fprintf(&b, "%s%s|%v|%s|%d|%d|%s", indent, name, p.Kind, p.Type, p.Len, p.Cap, plain(p.Text))
	for _, extra := range []string{p.Absent, p.Short} {
		if extra != "" {
			b.WriteString("|" + extra)
		}
	}
	if p.More != 0 {
		fmt.Fprintf(&b, "|+%d", p.More)
	}
	b.WriteString("\n")
	for _, c := range p.Children {
		b.WriteString(tree(c, indent+" "))
	}
	return b.String()
}

func partsOf(t *testing.T, b *sample.Builder, v model.Var, most int) (restore.Parts, bool) {
	t.Helper()
	scope := frameOf(t, b, v)
	x := scope.Locals()[0]
	return restore.NewReading(x.Value().Dump()).Parts(x, restore.LongConfig(), most)
}

func TestParts(t *testing.T) {
	type inner struct{ A, B int }
	lost := &inner{1, 2}
	value := struct {
		P    *inner
		L    []string
		M    map[string]inner
		I    any
		Nil  *inner
		None any
		Lost *inner
	}{&inner{3, 4}, append(make([]string, 0, 2), "x"), map[string]inner{"k": {5, 6}}, inner{7, 8}, nil, nil, lost}
	b := sample.New()
	b.Leave(lost, mock.DepthLimit)
	p, stale := partsOf(t, b, b.Local("v", &value), 1000)
	if stale || !strings.HasPrefix(p.Text, "struct {") {
		t.Errorf("%v %q", stale, p.Text)
	}
	p.Text = ""
	want := `v|struct|TYPE|-1|-1|
 P|ptr|*INNER|-1|-1|
  |struct|INNER|-1|-1|
   A|int|int|-1|-1|3
   B|int|int|-1|-1|4
 L|slice|[]string|1|2|
  |string|string|1|-1|"x"
 M|map|map[string]INNER|1|-1|
  "k"|struct|INNER|-1|-1|(*INNER)(0xADDR)|+2
 I|interface|interface {}|-1|-1|
  |struct|INNER|-1|-1|
   A|int|int|-1|-1|7
   B|int|int|-1|-1|8
 Nil|ptr|*INNER|-1|-1|*INNER nil
 None|interface|interface {}|-1|-1|interface {} nil
 Lost|ptr|*INNER|-1|-1|(*INNER)(0xADDR) [depth limit]|depth limit|+1
`
	got := strings.ReplaceAll(tree(p, ""), p.Type, "TYPE")
	got = strings.ReplaceAll(got, p.Children[0].Children[0].Type, "INNER")
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if ptr := p.Children[0]; ptr.Pointer == 0 || ptr.Pointer != ptr.Children[0].Addr || ptr.Addr != p.Addr {
		t.Errorf("the pointer at %#x leads to %#x, where %#x is", ptr.Addr, ptr.Pointer, ptr.Children[0].Addr)
	}
}

// What is not there says why, what is long is cut, and what is out of date is marked.
func TestPartsMissing(t *testing.T) {
	b := sample.New()
	gone := b.Local("gone", pointerTo(1))
	gone.Place, gone.Reason = model.PlaceNone, mock.OptimizedOut
	if p, stale := partsOf(t, b, gone, 10); p.Absent != "optimized out" || p.Text != "(int) [optimized out]" || stale {
		t.Errorf("%+v", p)
	}
	b = sample.New()
	old := b.Local("old", pointerTo("was"))
	old.Flags |= model.VarStale
	if p, stale := partsOf(t, b, old, 10); !stale || p.Text != `"was"` {
		t.Errorf("%+v", p)
	}
	b = sample.New()
	if p, _ := partsOf(t, b, b.Local("l", pointerTo(make([]int, 50))), 10); len(p.Children) != 9 || p.More != 41 || p.Len != 50 {
		t.Errorf("%d parts, %d more, length %d", len(p.Children), p.More, p.Len)
	}
	b = sample.New()
	if p, _ := partsOf(t, b, b.InRegister("r", pointerTo(7)), 10); p.Addr != 0 || p.Kind != dump.KindInt || p.Text != "7" {
		t.Errorf("%+v", p)
	}
	b = sample.New()
	if p, _ := partsOf(t, b, b.Local("evil\x1b[m", pointerTo("\x1b[m")), 10); strings.Contains(p.Name+p.Text, "\x1b") {
		t.Errorf("a terminal would obey %q", p.Name+p.Text)
	}
}
