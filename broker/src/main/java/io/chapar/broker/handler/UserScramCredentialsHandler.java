package io.chapar.broker.handler;

import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeUserScramCredentialsRequest;
import io.chapar.protocol.message.DescribeUserScramCredentialsRequest.UserName;
import io.chapar.protocol.message.DescribeUserScramCredentialsResponse;
import io.chapar.protocol.message.DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Passwords of users by SCRAM (KIP-554). There are none here: nobody who is asked for has one. Kafka's tool asks for
/// them along with the quotas of users.
final class UserScramCredentialsHandler {
    private UserScramCredentialsHandler() {}

    static void handle(DescribeUserScramCredentialsRequest request, RequestContext context) {
        List<UserName> users = request.users() == null ? List.of() : request.users();
        Map<String, ErrorCode> found = new LinkedHashMap<>();
        List<DescribeUserScramCredentialsResult> results = new ArrayList<>();
        context.afford(users.size(), () -> Slices.each(context.loop(), users,
                user -> found.merge(user.name(), ErrorCode.RESOURCE_NOT_FOUND, (_, _) -> ErrorCode.DUPLICATE_RESOURCE),
                () -> Slices.each(context.loop(), found.entrySet(),
                        one -> results.add(result(one.getKey(), one.getValue())),
                        () -> context.reply(DescribeUserScramCredentialsResponse.builder().results(results).build()))));
    }

    private static DescribeUserScramCredentialsResult result(String user, ErrorCode error) {
        String why = error == ErrorCode.DUPLICATE_RESOURCE ? "The user is named twice."
                : "The user has no SCRAM credentials.";
        return new DescribeUserScramCredentialsResult(user, error.code(), why, List.of());
    }
}
