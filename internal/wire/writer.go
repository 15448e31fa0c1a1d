package wire

import (
	"hash/crc32"
	"io"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/zstd"
)

// WriterOptions tell how a file is written. The zero value compresses.
type WriterOptions struct {
	Salt  uint32 // any number; a different one in each file
	Store bool   // do not compress
}

// Writer writes the sections of one file. After an error it writes nothing more.
type Writer struct {
	w       io.Writer
	opts    WriterOptions
	tools   *tools
	off     int64
	entries []Entry
	err     error
}

// tools are what takes much memory to make: a program that writes a second file
// soon after the first has them still.
type tools struct {
	fast  *zstd.Encoder // nil: nothing is compressed
	small *zstd.Encoder // made when it is needed
	least *zstd.Encoder // likewise
	buf   []byte        // one section as it goes out
	zbuf  []byte
}

// spare has tools by unsafe.Pointer: as an any of their own type they would make
// the linker keep all methods of the encoders, 60 KB.
var spare = sync.Pool{New: func() any { return unsafe.Pointer(new(tools)) }}

// NewWriter writes the file header to w.
func NewWriter(w io.Writer, opts WriterOptions) (*Writer, error) {
	out := &Writer{w: w, opts: opts, tools: new(tools)}
	if !opts.Store {
		out.tools = (*tools)(spare.Get().(unsafe.Pointer))
	}
	if t := out.tools; !opts.Store && t.fast == nil {
		if t.fast, out.err = newEncoder(zstd.SpeedFastest); out.err != nil {
			return nil, out.err
		}
	}
	out.write(fileHeader{Major, Minor, 0, opts.Salt}.append(nil))
	return out, out.err
}

// Room reports whether readers take a file as long as this one is now with so
// many records, of so many bytes.
func (w *Writer) Room(records, bytes int64) bool {
	l := Limits{}.or(w.off)
	return records <= l.MaxRecords && bytes <= l.MaxRecordBytes
}

// Section writes one section of count records. lo and hi go into the index.
func (w *Writer) Section(kind Kind, count int, lo, hi uint64, payload []byte) error {
	if w.err != nil {
		return w.err
	}
	switch {
	case len(payload) > MaxSection:
		return Limit("section %v of %d bytes", kind, len(payload))
	case len(w.entries) >= MaxSections:
		return Limit("more than %d sections", MaxSections)
	}
	e := w.section(kind, count, payload)
	e.Lo, e.Hi = lo, hi
	w.entries = append(w.entries, e)
	return w.err
}

// section writes a section and gives its entry.
func (w *Writer) section(kind Kind, count int, payload []byte) Entry {
	e := Entry{Kind: kind, Seq: uint32(len(w.entries)), Count: uint32(count), Raw: uint32(len(payload)), Offset: w.off}
	stored := payload
	if enc := w.encoder(kind, len(payload)); enc != nil {
		w.tools.zbuf = enc.EncodeAll(payload, w.tools.zbuf[:0])
		if len(w.tools.zbuf) < len(payload) {
			stored, e.Flags = w.tools.zbuf, FlagZstd
		}
	}
	e.Stored = uint32(len(stored))
	w.tools.buf = e.header(crc32.Checksum(stored, castagnoli)).append(w.tools.buf[:0], w.opts.Salt)
	w.tools.buf = append(w.tools.buf, stored...)
	w.write(w.tools.buf)
	return e
}

// encoder gives the encoder for a section, nil when nothing is compressed. What
// is mostly addresses becomes smaller by a tenth at hardly more expense when
// long and short matches are looked for; records do not. A file that stays
// small is not worth the memory which that takes, and one that becomes large is
// worth more.
func (w *Writer) encoder(kind Kind, size int) *zstd.Encoder {
	const worthwhile, large, huge = 16 << 10, 256 << 10, 1 << 20
	if w.tools.fast == nil || size < worthwhile || w.off < large || !kind.IsData() && kind != KindObjects {
		return w.tools.fast
	}
	made, level := &w.tools.small, zstd.SpeedDefault
	if w.off >= huge {
		made, level = &w.tools.least, zstd.SpeedBetterCompression
	}
	if *made == nil {
		enc, err := newEncoder(level)
		if err != nil {
			return w.tools.fast
		}
		*made = enc
	}
	return *made
}

func (w *Writer) write(b []byte) {
	if w.err != nil {
		return
	}
	n, err := w.w.Write(b)
	if w.off += int64(n); err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	w.err = err
}

// Size is the number of bytes written so far.
func (w *Writer) Size() int64 { return w.off }

// Close writes the index and the trailer. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	payload := appendIndex(nil, w.entries)
	t := trailer{w.off, uint32(len(w.entries))}
	if len(payload) <= MaxSection { // beyond it, readers scan
		w.section(KindIndex, len(w.entries), payload)
		w.write(t.append(nil, w.opts.Salt))
	}
	if !w.opts.Store {
		spare.Put(unsafe.Pointer(w.tools))
	}
	if w.err == nil {
		w.err = errClosed
		return nil
	}
	return w.err
}

var errClosed = Malformed("write to a closed dump")
