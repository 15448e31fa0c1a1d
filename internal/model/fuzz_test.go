package model

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// seed adds the vectors and a whole dump.
func seed(f *testing.F) {
	for _, name := range vectorNames(f) {
		if v := readVector(f, name); len(v.file) < 8<<10 {
			f.Add(v.file)
		}
	}
	f.Add(write(f, WriterOptions{}, valid()...))
	f.Add(write(f, WriterOptions{Store: true}, valid()...))
}

// FuzzModel reads anything in all ways: every error has a class, and the text
// twin fails exactly when reading does.
func FuzzModel(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		file = bytes.Clone(file) // the input belongs to the fuzzer
		resum(file)
		r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{})
		if err != nil {
			classOf(t, err)
			return
		}
		for _, err := range r.Verify(context.Background()) {
			classOf(t, err)
		}
		_, errs := read(r)
		for _, err := range errs {
			classOf(t, err)
		}
		if err := WriteText(io.Discard, r); (err != nil) != (len(errs) > 0) {
			t.Fatalf("text: %v, reading: %v", err, errs)
		}
		fuzzMemory(t, r)
	})
}

// fuzzMemory holds the directory of each memory section against its records.
func fuzzMemory(t *testing.T, r *Reader) {
	for i := range r.Sections() {
		dir, err := r.MemoryDirectory(i)
		if err != nil {
			classOf(t, err)
			continue
		}
		n := 0
		err = r.Heads(i, func(rec any) error {
			for _, x := range rec.(*Memory).Extents {
				if dir[n].Addr != x.Addr {
					t.Fatalf("directory %v, record %v", dir[n], x)
				}
				n++
			}
			return nil
		})
		if err == nil && n != len(dir) {
			t.Fatalf("directory of %d extents, records of %d", len(dir), n)
		}
	}
}

// FuzzRoundTrip takes dumps that read without error: what was read is the same
// after it was written and read again.
func FuzzRoundTrip(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		file = bytes.Clone(file) // the input belongs to the fuzzer
		resum(file)
		r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{})
		if err != nil {
			return
		}
		if _, errs := read(r); len(errs) > 0 {
			return
		}
		for i := range r.Sections() { // those of unknown kinds are copied as they are
			if _, err := r.wire.Payload(i); err != nil {
				return
			}
		}
		again := reencode(t, r)
		r2 := open(t, again)
		if third := reencode(t, r2); !bytes.Equal(third, again) {
			t.Fatal("a second encoding differs from the first")
		}
		var one, two bytes.Buffer
		if err := records(&one, r); err != nil {
			t.Fatal(err)
		}
		if err := records(&two, r2); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Fatalf("records differ:\n%s\n%s", one.Bytes(), two.Bytes())
		}
	})
}

// records writes the lines of the records alone.
func records(w io.Writer, r *Reader) error {
	for i := range r.Sections() {
		err := r.Records(i, func(rec any) error {
			spec := recordOf(rec)
			_, err := w.Write(spec.text([]byte(spec.Name), rec))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
