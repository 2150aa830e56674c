using System.Net;
using System.Net.Http.Headers;

namespace Virtio.Storage;

/// <summary>
/// Turns an answer without the object into an exception: one with a message for a person, or a transient one that is retried.
/// </summary>
internal static class HttpRefusal
{
    /// <summary>Throws for every status except success (2xx): a transient exception or a final one.</summary>
    public static void ThrowIfRefused(string name, HttpAnswer answer)
    {
        HttpResponseMessage response = answer.Response;
        int status = (int)response.StatusCode;
        if (status < 300)
            return;
        string said = Said(answer);
        if (IsTransient(response.StatusCode))
            throw new TransientHttpException(said, RetryAfter(response.Headers.RetryAfter));
        throw new StorageException($"{name}: {said}{Advice(answer)}");
    }

    /// <summary>Describes the answer for a message; after a redirect with the server that has sent it.</summary>
    public static string Said(HttpAnswer answer)
    {
        string redirected = answer.Target.IsRedirected ? $" (redirected to {answer.Target.Name})" : "";
        return $"the server answered {HttpText.Status(answer.Response)}{redirected}";
    }

    /// <summary>Whether the same request may succeed later.</summary>
    public static bool IsTransient(HttpStatusCode status)
        => (int)status is 408 or 421 or 425 or 429 or (>= 500 and not (501 or 505 or 506 or 508 or 510));

    private static string Advice(HttpAnswer answer) => (int)answer.Response.StatusCode switch
    {
        304 => ", although the request had no condition that allows it",
        >= 300 and < 400 => ", and that redirect is not followed; give the address it leads to",
        401 => Unauthorized(answer),
        403 => "; check the credentials",
        404 or 410 => "; check the address",
        406 => ": it has no form of the object that is not encoded; store it there as it is",
        407 => "; the proxy wants credentials",
        412 => ", although no condition was asked for",
        416 => ", although the range lies in the object",
        _ => "",
    };

    private static string Unauthorized(HttpAnswer answer)
    {
        IEnumerable<string> schemes = answer.Response.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme);
        string asked = HttpText.Shown(string.Join(", ", schemes.Distinct(StringComparer.OrdinalIgnoreCase)));
        if (answer.Target.Authorization is not null)
            return asked.Length == 0 || asked.Contains("Basic", StringComparison.OrdinalIgnoreCase)
                ? "; check the credentials, which it does not accept"
                : $"; it wants credentials of another kind than a user name and password ({asked})";
        if (answer.Target.IsRedirected)
            return "; credentials are not sent to another server than the one they were given for";
        return asked.Length == 0 || asked.Contains("Basic", StringComparison.OrdinalIgnoreCase)
            ? "; it wants credentials, given as in http://USER:PASSWORD@host/"
            : $"; it wants credentials of a kind that an address cannot hold ({asked})";
    }

    private static TimeSpan? RetryAfter(RetryConditionHeaderValue? value)
        => value?.Delta ?? (value?.Date - DateTimeOffset.UtcNow);
}
