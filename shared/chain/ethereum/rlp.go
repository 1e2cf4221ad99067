package ethereum

import "math/big"

// item is one value of RLP (Ethereum Yellow Paper, appendix B): a text of bytes, or a list.
type item struct {
	list    bool
	content []byte
}

// next takes one item off the front. Of the texts that could stand for a value only the shortest is taken, so that no two
// transactions are the same bytes read differently.
func next(b []byte) (item, []byte, error) {
	if len(b) == 0 {
		return item{}, nil, ErrUnreadable
	}
	const short = 55
	head := b[0]
	switch {
	case head < 0x80:
		return item{content: b[:1]}, b[1:], nil
	case head < 0xc0:
		i, rest, err := take(b[1:], head-0x80, short)
		if err == nil && len(i.content) == 1 && i.content[0] < 0x80 {
			return item{}, nil, ErrUnreadable // would have been its own text
		}
		return i, rest, err
	}
	i, rest, err := take(b[1:], head-0xc0, short)
	i.list = true
	return i, rest, err
}

// take reads a content whose length is told by the head, or by the bytes behind it if it is longer than short.
func take(b []byte, told, short byte) (item, []byte, error) {
	length := int(told)
	if told > short {
		size := int(told - short)
		if size > 4 || size > len(b) || b[0] == 0 {
			return item{}, nil, ErrUnreadable
		}
		length = 0
		for _, c := range b[:size] {
			length = length<<8 | int(c)
		}
		if b = b[size:]; length <= int(short) {
			return item{}, nil, ErrUnreadable
		}
	}
	if length > len(b) {
		return item{}, nil, ErrUnreadable
	}
	return item{content: b[:length]}, b[length:], nil
}

// items are those of a list, at most limit.
func (i item) items(limit int) ([]item, error) {
	if !i.list {
		return nil, ErrUnreadable
	}
	var all []item
	for rest := i.content; len(rest) > 0; {
		if len(all) == limit {
			return nil, ErrUnreadable
		}
		one, behind, err := next(rest)
		if err != nil {
			return nil, err
		}
		all, rest = append(all, one), behind
	}
	return all, nil
}

// number reads a non-negative one of at most 256 bits, without zeros before it; nil is none.
func (i item) number() *big.Int {
	if i.list || len(i.content) > 32 || len(i.content) > 0 && i.content[0] == 0 {
		return nil
	}
	return new(big.Int).SetBytes(i.content)
}

// bytes reports whether it is a text of so many.
func (i item) bytes(n int) bool { return !i.list && len(i.content) == n }
