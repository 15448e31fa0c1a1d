package model

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gopostmortem/postmortem/internal/wire"
)

func readSpec(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "SPEC.md"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}

// cells splits a row of a table; nil for other lines.
func cells(line string) []string {
	if !strings.HasPrefix(line, "|") {
		return nil
	}
	list := strings.Split(strings.Trim(line, "|"), "|")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

var (
	recordHeading  = regexp.MustCompile(`^### 7\.\d+ (\w+) \(kind (\d+), (\w+)\)$`)
	messageHeading = regexp.MustCompile(`^(\w+)(?: \(.*\))?:$`)
)

// specTables collects the tables of SPEC §7 by the name above them, each row as
// `number name type since`, and the headings of records.
func specTables(t *testing.T) (tables map[string][]string, records []string) {
	tables = map[string][]string{}
	name := ""
	for _, line := range readSpec(t) {
		if m := recordHeading.FindStringSubmatch(line); m != nil {
			name = m[1]
			records = append(records, fmt.Sprintf("%s %s %s", m[2], m[1], m[3]))
		} else if m := messageHeading.FindStringSubmatch(line); m != nil {
			name = m[1]
		} else if strings.HasPrefix(line, "## ") {
			name = ""
		}
		if row := cells(line); name != "" && len(row) == 5 && row[0] != "number" && row[0] != "---" {
			tables[name] = append(tables[name], strings.Join(row[:4], " "))
		}
	}
	return tables, records
}

// TestSpecTables compares the tables of SPEC §7 with those that drive the codec.
func TestSpecTables(t *testing.T) {
	want := map[string][]string{}
	rows := func(name string, fields []FieldInfo) {
		for _, f := range fields {
			want[name] = append(want[name], fmt.Sprintf("%d %s %s %d", f.Num, f.Name, f.Type, f.Since))
		}
	}
	var wantRecords []string
	for _, r := range Records {
		rows(r.Name, r.Fields)
		wantRecords = append(wantRecords, fmt.Sprintf("%d %s %v", r.Kind, r.Name, r.Section))
	}
	for name, fields := range Messages() {
		rows(name, fields)
	}
	got, gotRecords := specTables(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables differ (-code +SPEC.md):\n%s", diff)
	}
	if diff := cmp.Diff(wantRecords, gotRecords); diff != "" {
		t.Errorf("records differ (-code +SPEC.md):\n%s", diff)
	}
}

// TestSpecNames compares enumerations, kinds of sections, index fields and classes.
func TestSpecNames(t *testing.T) {
	var rows [][]string
	for _, line := range readSpec(t) {
		rows = append(rows, cells(line))
	}
	has := func(want ...string) {
		t.Helper()
		for _, row := range rows {
			if len(row) >= len(want) && slices.Equal(row[:len(want)], want) {
				return
			}
		}
		t.Errorf("no row %q in SPEC.md", want)
	}
	for _, e := range Enums {
		has(e.Name, strings.Join(e.Values, ", "))
	}
	for k := range wire.KindPrivate {
		if name := k.String(); !strings.HasPrefix(name, "kind ") {
			has(fmt.Sprint(uint16(k)), name)
		}
	}
	for i, name := range wire.EntryFields() {
		has(fmt.Sprint(i+1), name)
	}
	for class := range classes {
		if class != "success" {
			has(class)
		}
	}
}

// TestSpecVectors holds every rule against the vectors: a sentence that says
// MUST reject names one, every name exists, and every vector is named.
func TestSpecVectors(t *testing.T) {
	vectors := vectorNames(t)
	named := map[string]bool{}
	name := regexp.MustCompile("`([a-z0-9]+(?:_[a-z0-9]+)+)`")
	clause := regexp.MustCompile(`[^"]MUST reject`)
	for _, unit := range units(readSpec(t)) {
		found := 0
		for _, m := range name.FindAllStringSubmatch(unit, -1) {
			if slices.Contains(vectors, m[1]) {
				named[m[1]] = true
				found++
			} else if !strings.HasPrefix(m[1], "area_") {
				t.Errorf("no vector %s", m[1])
			}
		}
		if n := len(clause.FindAllString(unit, -1)); n > found {
			t.Errorf("%d rules and %d vectors in: %s", n, found, unit)
		}
	}
	for _, v := range vectors {
		if !named[v] {
			t.Errorf("SPEC.md does not name the vector %s", v)
		}
	}
}

// units splits the text into list items, rows of tables and paragraphs.
func units(lines []string) []string {
	var out []string
	for _, line := range lines {
		switch {
		case len(out) == 0 || line == "" || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "|"):
			out = append(out, line)
		default:
			out[len(out)-1] += " " + line
		}
	}
	return out
}

// TestTables lints the tables: numbers are dense, names unique, and a field is
// not older than the one before it.
func TestTables(t *testing.T) {
	lint := func(name string, fields []FieldInfo) {
		seen, since := map[string]bool{}, 0
		for i, f := range fields {
			if f.Num != i+1 || f.Since < since || f.Since > wire.Minor || seen[f.Name] && f.Name != "" {
				t.Errorf("%s: field %+v at %d", name, f, i+1)
			}
			seen[f.Name], since = true, f.Since
		}
	}
	for i, r := range Records {
		if r.Kind != i+1 {
			t.Errorf("record %s has kind %d, is at %d", r.Name, r.Kind, i+1)
		}
		lint(r.Name, r.Fields)
	}
	for name, fields := range Messages() {
		lint(name, fields)
	}
	for _, e := range Enums {
		if e.Values[0] == "" || slices.Contains(e.Values, "") {
			t.Errorf("enumeration %s has a value without a name", e.Name)
		}
	}
}

// TestText compares the text twin of a vector with the lines that SPEC §10 shows,
// and checks that everything is printable.
func TestText(t *testing.T) {
	var out bytes.Buffer
	if err := WriteText(&out, open(t, readVector(t, "file_whole").file)); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "file_whole.txt")
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", golden, diff)
	}
	shown := 0
	for _, line := range readSpec(t) {
		if example, ok := strings.CutPrefix(line, "    "); ok {
			if shown++; !strings.Contains(out.String(), example+"\n") {
				t.Errorf("SPEC.md shows another line: %s", example)
			}
		}
	}
	if shown == 0 {
		t.Error("SPEC.md shows no lines")
	}
	out.Reset()
	if err := WriteText(&out, open(t, write(t, WriterOptions{}, valid()...))); err != nil {
		t.Fatal(err)
	}
	for _, c := range out.Bytes() {
		if c != '\n' && (c < ' ' || c > '~') {
			t.Fatalf("byte %#x in the text", c)
		}
	}
}
