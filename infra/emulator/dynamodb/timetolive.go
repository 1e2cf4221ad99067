package dynamodb

import "github.com/zenvault/zenvault/infra/emulator/protocol"

type timeToLiveSpecification struct {
	AttributeName string
	Enabled       bool
}

type updateTimeToLive struct {
	TableName               string
	TimeToLiveSpecification timeToLiveSpecification
}

// updateTimeToLive notes the attribute. Nothing is ever deleted by it: DynamoDB promises no moment either.
func (s *Service) updateTimeToLive(_ *protocol.Trace, in updateTimeToLive) (out struct {
	TimeToLiveSpecification timeToLiveSpecification
}, err error) {
	out.TimeToLiveSpecification = in.TimeToLiveSpecification
	return out, s.change(func() (*record, error) {
		t, err := s.namedTable(in.TableName)
		switch {
		case err != nil:
			return nil, err
		case in.TimeToLiveSpecification.AttributeName == "":
			return nil, protocol.Invalid("1 validation error detected: Value null at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must not be null")
		case t.timeToLive.Enabled == in.TimeToLiveSpecification.Enabled && t.timeToLive.Enabled:
			return nil, protocol.Invalid("TimeToLive is already enabled")
		case t.timeToLive.Enabled == in.TimeToLiveSpecification.Enabled:
			return nil, protocol.Invalid("TimeToLive is already disabled")
		}
		return &record{TimeToLive: &in}, nil
	}, nil)
}

type timeToLiveDescription struct {
	TimeToLiveStatus string
	AttributeName    string `json:",omitempty"`
}

func (s *Service) describeTimeToLive(_ *protocol.Trace, in tableName) (out struct {
	TimeToLiveDescription timeToLiveDescription
}, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, err := s.namedTable(in.TableName)
	if err != nil {
		return out, err
	}
	out.TimeToLiveDescription.TimeToLiveStatus = "DISABLED"
	if t.timeToLive.Enabled {
		out.TimeToLiveDescription = timeToLiveDescription{"ENABLED", t.timeToLive.AttributeName}
	}
	return out, nil
}
