namespace Virtio.Storage;

/// <summary>An answer whose headers are there and whose body is not yet.</summary>
/// <param name="Response">The answer itself.</param>
/// <param name="Target">The address that gave it, after all redirects.</param>
internal sealed record HttpAnswer(HttpResponseMessage Response, HttpTarget Target) : IDisposable
{
    public void Dispose() => Response.Dispose();
}
