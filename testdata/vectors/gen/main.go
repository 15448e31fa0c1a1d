// Command gen writes the test vectors of SPEC.md: one file a condition, named
// area_condition, into the folder given (by default testdata/vectors).
//
// It builds every byte by hand from the words of SPEC.md and imports nothing of
// this module, so that it and the reader can be wrong only independently. Its
// output is the same in each run.
package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// vector is one file.
type vector struct {
	name     string
	expect   string // success, or the class of the error
	sections int    // that can be read, the index not counted
	comment  string
	file     []byte
}

// all lists the vectors by area.
func all() []vector {
	var out []vector
	for _, area := range [][]vector{
		headerVectors(), fileVectors(), sectionVectors(), zstdVectors(), indexVectors(), fieldVectors(), recordVectors(), dataVectors(),
		definitionVectors(), stackVectors(), goroutineVectors(), memoryVectors(), objectVectors(), sourceVectors(), referenceVectors(), agreementVectors(),
	} {
		out = append(out, area...)
	}
	return out
}

// reencode says whether a reader that writes what it read gets the same bytes:
// not where it skips what a later version may have added.
func reencode(name string) string {
	switch name {
	case "header_minor", "header_minor_zero", "index_entry_unknown_field", "field_unknown", "record_kind_unknown":
		return "differs"
	}
	return "same"
}

// text is the content of a vector's file: a header, a blank line, the dump in hex.
func (v vector) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "expect: %s\nsections: %d\n", v.expect, v.sections)
	if v.expect == "success" {
		fmt.Fprintf(&b, "reencode: %s\n", reencode(v.name))
	}
	fmt.Fprintf(&b, "comment: %s\n\n", v.comment)
	for rest := v.file; len(rest) > 0; {
		n := min(len(rest), 32)
		b.WriteString(hex.EncodeToString(rest[:n]))
		b.WriteByte('\n')
		rest = rest[n:]
	}
	return b.Bytes()
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	dir := filepath.Join("testdata", "vectors")
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	seen := map[string]bool{}
	for _, v := range all() {
		if seen[v.name] {
			log.Fatalf("two vectors named %s", v.name)
		}
		seen[v.name] = true
		if err := os.WriteFile(filepath.Join(dir, v.name), v.text(), 0o666); err != nil {
			log.Fatal(err)
		}
	}
}
