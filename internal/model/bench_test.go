package model

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
)

// crowd gives n goroutines on 100 stacks with images of 100 words, as a service
// has that waits in few places.
func crowd(n int) []any {
	recs := []any{&Meta{}, &Cause{}, &Func{ID: 1, Name: "main.f"}, &Loc{ID: 1, Frames: []LocFrame{{Func: 1}}}}
	for id := StackID(1); id <= 100; id++ {
		recs = append(recs, &Stack{ID: id, Frames: []StackFrame{{Loc: 1, CFA: 64}, {Loc: 1, CFA: 800}}, Spans: []Span{{0, 800}}})
	}
	for i := range n {
		g := &Goroutine{
			ID: GoID(i + 1), Status: StatusWaiting, RawStatus: 4, WaitReason: "chan receive", WaitSince: int64(i) * 1000, Parent: 1,
			CreatedPC: 0x401000, Created: 1, Start: 1, Stack: StackID(i%100 + 1), Image: make([]byte, 800),
		}
		g.StackLo = 0xc000000000 + uint64(i)*8192
		g.StackHi, g.Base = g.StackLo+8192, g.StackLo+7000
		for w := 0; w < 99; w += 3 { // frame pointers, return addresses, heap pointers
			binary.LittleEndian.PutUint64(g.Image[w*8:], g.Base+uint64(w))
			binary.LittleEndian.PutUint64(g.Image[w*8+8:], 0x401000+uint64(w))
		}
		recs = append(recs, g)
	}
	return recs
}

func BenchmarkWrite(b *testing.B) {
	recs := crowd(10000)
	for b.Loop() {
		w, err := NewWriter(io.Discard, WriterOptions{})
		for _, rec := range recs {
			if err == nil {
				err = w.Add(rec)
			}
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(w.Size()), "bytes")
	}
}

// BenchmarkHeads lists goroutines without their images.
func BenchmarkHeads(b *testing.B) { benchmarkRead(b, (*Reader).Heads) }

func BenchmarkRecords(b *testing.B) { benchmarkRead(b, (*Reader).Records) }

func benchmarkRead(b *testing.B, each func(*Reader, int, func(any) error) error) {
	file := write(b, WriterOptions{}, crowd(10000)...)
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), int64(len(file)), Limits{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for i := range r.Sections() {
			err := each(r, i, func(rec any) error {
				if _, ok := rec.(*Goroutine); ok {
					n++
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		if n != 10000 {
			b.Fatalf("%d goroutines", n)
		}
	}
}
