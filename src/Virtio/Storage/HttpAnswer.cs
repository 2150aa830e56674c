namespace Virtio.Storage;

/// <summary>An answer with its headers; its body was not read yet.</summary>
/// <param name="Response">The answer.</param>
/// <param name="Target">The address that has sent it, after all redirects.</param>
internal sealed record HttpAnswer(HttpResponseMessage Response, HttpTarget Target) : IDisposable
{
    public void Dispose() => Response.Dispose();
}
