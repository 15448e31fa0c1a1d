package wire

import (
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Compression of payloads. A crashing program is the one that compresses, so
// the window is small and one section is one independent frame.

const encoderWindow = 256 << 10

func newEncoder(level zstd.EncoderLevel) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil,
		zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderLevel(level),
		zstd.WithWindowSize(encoderWindow),
		zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderCRC(false))
}

// inflater makes a decoder when the first compressed section is read.
type inflater struct {
	once sync.Once
	dec  *zstd.Decoder
	err  error
}

// inflate decompresses a payload of exactly raw bytes, at most limit.
func (f *inflater) inflate(b []byte, raw, limit int64) ([]byte, error) {
	f.once.Do(func() {
		f.dec, f.err = zstd.NewReader(nil,
			zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(uint64(limit)),
			zstd.WithDecoderMaxWindow(max(uint64(limit), 1<<10)),
			zstd.WithDecodeAllCapLimit(true))
	})
	if f.err != nil {
		return nil, f.err
	}
	out, err := f.dec.DecodeAll(b, make([]byte, 0, raw))
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, fmt.Errorf("%w: %w", ErrLimit, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	case int64(len(out)) != raw:
		return nil, Malformed("payload of %d bytes where the header says %d", len(out), raw)
	}
	return out, nil
}
