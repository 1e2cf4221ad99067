package shape

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/shared/edge"
)

// The markers of template.yaml between which the VPC endpoints stand.
const (
	EndpointsBegin = "# <endpoints>"
	EndpointsEnd   = "# </endpoints>"
)

// endpoint is the way of one service into the VPC of the secrets directory. A function writes its log without one: Lambda
// does that outside the VPC.
type endpoint struct {
	id        string // of the resource
	service   string // of AWS, as in com.amazonaws.<region>.<service>, and the prefix of its actions
	condition string
	gateway   bool // in route tables, free; else network interfaces in the subnets
}

var endpoints = []endpoint{
	{"SecretsDynamoDBEndpoint", "dynamodb", "EndpointsMade", true},
	{"SecretsSQSEndpoint", "sqs", "EndpointsMade", false},
	{"SecretsKMSEndpoint", "kms", "KeyEndpointMade", false},
}

// Endpoints gives the template's VPC endpoints. What goes through one is bounded twice: by the role of who asks, and by the
// endpoint's policy, which lets through the roles of the functions that mount the secrets directory, and of what those may do
// what is this service's. A function that mounts it and needs a service without an endpoint is an error: it would wait for
// an answer that never comes.
func Endpoints(specs []edge.Spec) (string, error) {
	inside := slices.DeleteFunc(slices.Clone(specs), func(s edge.Spec) bool { return !s.Needs.Secrets })
	allowed, err := reached(inside)
	if err != nil {
		return "", err
	}
	var w lines
	w.add(2, "# Generated from the route table: go test ./infra/shape -update. An endpoint lets through what its statements name.")
	for _, e := range endpoints {
		w.add(0, "")
		w.endpoint(e, inside, allowed[e.service])
	}
	w.add(0, "")
	return w.String(), nil
}

// reached is what functions may do, by service: for each resource all actions of any of them.
func reached(inside []edge.Spec) (map[string][]Right, error) {
	allowed := map[string][]Right{"kms": {{Actions: []string{"kms:GetPublicKey", "kms:Sign"}, Resources: []string{"!Ref ProviderKeyArns"}}}}
	for _, s := range inside {
		rights, err := Rights(s)
		if err != nil {
			return nil, err
		}
		for _, r := range rights {
			service, _, _ := strings.Cut(r.Actions[0], ":")
			if !slices.ContainsFunc(endpoints, func(e endpoint) bool { return e.service == service && e.condition == "EndpointsMade" }) {
				return nil, fmt.Errorf("%s mounts the secrets directory and needs %s, to which no VPC endpoint leads", s.Name, r.Actions[0])
			}
			for _, resource := range r.Resources {
				allowed[service] = widen(allowed[service], resource, r.Actions)
			}
		}
	}
	return allowed, nil
}

func widen(rights []Right, resource string, actions []string) []Right {
	i := slices.IndexFunc(rights, func(r Right) bool { return r.Resources[0] == resource })
	if i < 0 {
		i, rights = len(rights), append(rights, Right{Resources: []string{resource}})
	}
	rights[i].Actions = slices.Compact(slices.Sorted(slices.Values(append(rights[i].Actions, actions...))))
	return rights
}

func (w *lines) endpoint(e endpoint, inside []edge.Spec, rights []Right) {
	w.add(2, "%s:", e.id)
	w.add(4, "Type: AWS::EC2::VPCEndpoint")
	w.add(4, "Condition: %s", e.condition)
	w.add(4, "Properties:")
	w.add(6, "VpcId: !Ref SecretsVpcId")
	w.add(6, "ServiceName: !Sub com.amazonaws.${AWS::Region}.%s", e.service)
	if e.gateway {
		w.add(6, "VpcEndpointType: Gateway")
		w.add(6, "RouteTableIds: !Ref SecretsRouteTableIds")
	} else {
		w.add(6, "VpcEndpointType: Interface")
		w.add(6, "PrivateDnsEnabled: true")
		w.add(6, "SubnetIds: !Ref SecretsSubnetIds")
		w.add(6, "SecurityGroupIds: [!GetAtt SecretsEndpointGroup.GroupId]")
	}
	w.add(6, "PolicyDocument:")
	w.add(8, `Version: "2012-10-17"`)
	w.add(8, "Statement:")
	roles := make([]string, len(inside))
	for i, s := range inside {
		roles[i] = fmt.Sprintf("!GetAtt %sRole.Arn", Camel(s.Name))
	}
	for _, r := range rights {
		w.add(10, "- Effect: Allow")
		w.add(12, `Principal: "*" # a gateway endpoint takes no other; the condition names who`)
		w.add(12, "Action: [%s]", strings.Join(r.Actions, ", "))
		w.add(12, "Resource: %s", r.Resources[0])
		w.add(12, "Condition: { ArnEquals: { aws:PrincipalArn: [%s] } }", strings.Join(roles, ", "))
	}
}
